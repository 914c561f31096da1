// Marks an invoice as paid and publishes it, in one transaction: node outbox-prisma.js in_1
// `npx prisma generate --schema prisma/schema.prisma` creates the client.
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './prisma/generated/index.js';

const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }),
});

async function pay(transaction, invoice) {
  await transaction.invoice.update({ where: { id: invoice }, data: { paid: true } });
  const data = JSON.stringify({ invoice });
  await transaction.$executeRaw`SELECT posthorn.publish('invoice.paid', ${data}::text)`;
}

const invoice = process.argv[2];
await prisma.$transaction((transaction) => pay(transaction, invoice));

// Rolls back: the invoice is not changed, and there is no event.
await prisma
  .$transaction(async (transaction) => {
    await pay(transaction, `${invoice}-declined`);
    throw new Error('The card was declined');
  })
  .catch(({ message }) => console.log(message));

await prisma.$disconnect();
