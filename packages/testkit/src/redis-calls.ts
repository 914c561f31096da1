import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * A line of MONITOR: time, database and source, command, arguments. Commands of scripts have the source "lua". The first key of a
 * script is `prefix:name:…`.
 */
const CALL = /^\+[\d.]+ \[\d+ (?<source>\S+)\] "(?<command>[^"]+)"(?: "[^"]*" "\d+" "[^:"]+:(?<key>[^:"]+))?/;

/**
 * Counts the commands that clients send to Redis, without those that scripts call.
 * @returns ends it and returns the counts by command; for scripts also by the name in their first key, such as `evalsha intake`
 */
export async function countRedisCalls(redisUrl: string): Promise<() => ReadonlyMap<string, number>> {
  const { hostname, port, password } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  if (password) socket.write(`AUTH ${decodeURIComponent(password)}\r\n`);
  socket.write('MONITOR\r\n');
  const calls = new Map<string, number>();
  createInterface(socket).on('line', (line) => {
    const { source, command, key } = CALL.exec(line)?.groups ?? {};
    if (!command || source === 'lua') return;
    const name = [command.toLowerCase(), ...(key ? [key] : [])].join(' ');
    calls.set(name, (calls.get(name) ?? 0) + 1);
  });
  return () => {
    socket.destroy();
    return calls;
  };
}
