/** An element of a heap, which sets its index. */
export interface HeapElement {
  heapIndex: number;
}

/** A binary heap whose elements can be removed, and moved after a change of their order, in logarithmic time. */
export class IndexedHeap<Element extends HeapElement> {
  readonly #isBefore: (one: Element, other: Element) => boolean;
  readonly #elements: Element[] = [];

  constructor(isBefore: (one: Element, other: Element) => boolean) {
    this.#isBefore = isBefore;
  }

  get first(): Element | undefined {
    return this.#elements[0];
  }

  push(element: Element): void {
    this.#place(element, this.#elements.length);
    this.#rise(element);
  }

  /** Removes an element of the heap. */
  remove(element: Element): void {
    const last = this.#elements.pop();
    if (!last || last === element) return;
    this.#place(last, element.heapIndex);
    this.move(last);
  }

  /** Moves an element of the heap whose order has changed. */
  move(element: Element): void {
    this.#rise(element);
    this.#sink(element);
  }

  #place(element: Element, index: number): void {
    this.#elements[index] = element;
    element.heapIndex = index;
  }

  #swap(one: Element, other: Element): void {
    const index = one.heapIndex;
    this.#place(one, other.heapIndex);
    this.#place(other, index);
  }

  #rise(element: Element): void {
    while (element.heapIndex > 0) {
      const parent = this.#elements[(element.heapIndex - 1) >> 1];
      if (!parent || !this.#isBefore(element, parent)) return;
      this.#swap(element, parent);
    }
  }

  #sink(element: Element): void {
    for (;;) {
      const left = this.#elements[2 * element.heapIndex + 1];
      if (!left) return;
      const right = this.#elements[2 * element.heapIndex + 2];
      const child = right && this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(child, element)) return;
      this.#swap(element, child);
    }
  }
}
