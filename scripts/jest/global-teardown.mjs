// Runs once after all tests: stops what global-setup.mjs started.
export default async function globalTeardown() {
  await globalThis.posthornTestStack?.stop();
}
