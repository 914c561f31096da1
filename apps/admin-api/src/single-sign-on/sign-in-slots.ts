import { networkOf } from '../http/client-address.js';

/** Maximum number of requests of each route in progress in a process: they need no credential, and cause others. */
const MAX_IN_PROGRESS = 20;

/** Maximum number of these from one network, so that one client cannot occupy them all. People of an office may share an address. */
const MAX_PER_NETWORK = 10;

/** Counts the requests of a route that are in progress, of all networks and of each. */
export class SignInSlots {
  #inProgress = 0;
  readonly #byNetwork = new Map<string, number>();

  /** Counts a request of an address as in progress. Returns a function that ends it, to be called once, or null if too many are in progress. */
  acquire(address: string | null): (() => void) | null {
    const network = address === null ? 'unknown' : networkOf(address);
    const ofNetwork = this.#byNetwork.get(network) ?? 0;
    if (this.#inProgress >= MAX_IN_PROGRESS || ofNetwork >= MAX_PER_NETWORK) return null;
    this.#inProgress += 1;
    this.#byNetwork.set(network, ofNetwork + 1);
    return () => this.#release(network);
  }

  #release(network: string): void {
    this.#inProgress -= 1;
    const left = (this.#byNetwork.get(network) ?? 1) - 1;
    if (left === 0) this.#byNetwork.delete(network);
    else this.#byNetwork.set(network, left);
  }
}
