/** What the global set-up left in the environment. */
export function requiredVariable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests through "npm run jest"`);
  return value;
}
