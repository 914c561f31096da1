/** Returns an environment variable that the global set-up has set. */
export function requiredVariable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Run the tests with "npm run jest".`);
  return value;
}
