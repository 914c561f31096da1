// Runs once after all tests: stops the servers that global-setup.mjs has started.
export default async function globalTeardown() {
  await globalThis.posthornTestStack?.stop();
}
