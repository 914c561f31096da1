import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Answer as DnsAnswer, decode, encode, RECURSION_AVAILABLE, type RecordType } from 'dns-packet';

/** `garbage` sends a datagram that is not DNS, `silence` sends nothing. */
export type DnsResponse = DnsAnswer[] | 'nxdomain' | 'servfail' | 'garbage' | 'silence';

export interface NameServer {
  /** `host:port`, the format that resolvers accept. */
  address: string;
  /** `TYPE name` of each question, in order of arrival. */
  questions: string[];
  close(): Promise<void>;
}

const RESPONSE_CODES = { nxdomain: 3, servfail: 2 };

/** Starts a DNS server on loopback, over UDP. `answer` gets names in lower case. */
export async function startNameServer(
  answer: (name: string, type: RecordType) => DnsResponse,
): Promise<NameServer> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => {
    const query = decode(message);
    const question = query.questions?.[0];
    if (!question) return;
    const name = question.name.toLowerCase();
    questions.push(`${question.type} ${name}`);
    const response = answer(name, question.type);
    if (response === 'silence') return;
    if (response === 'garbage') {
      socket.send(Buffer.concat([message.subarray(0, 2), Buffer.alloc(40, 0xff)]), port, address);
      return;
    }
    const failed = typeof response === 'string';
    socket.send(
      encode({
        type: 'response',
        id: query.id ?? 0,
        flags: RECURSION_AVAILABLE | (failed ? RESPONSE_CODES[response] : 0),
        questions: [question],
        answers: failed ? [] : response,
      }),
      port,
      address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
