/** Returns the data of a measured event: about 1 KB, shaped like a business event. */
export function eventData(): Record<string, unknown> {
  return {
    order: { id: 'ord_8f14e45fceea167a', currency: 'EUR', total: 12_990, paid: true, note: 'x'.repeat(300) },
    customer: { id: 'cus_c9f0f895fb98ab91', name: 'A. Customer', email: 'customer@example.com' },
    lines: Array.from({ length: 6 }, (_, index) => ({
      sku: `SKU-${1000 + index}`,
      quantity: 2,
      price: 1_082,
      tax: 19,
    })),
  };
}

/** Returns a complete request body, as Posthorn sends it. */
export function eventBody(id: string): string {
  return JSON.stringify({ id, type: 'order.paid', timestamp: new Date().toISOString(), data: eventData() });
}
