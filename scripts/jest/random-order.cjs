// Runs the test files in an order that depends only on the seed of the run and on their paths: `--testSequencer=… --seed=N`.
const { createHash } = require('node:crypto');
const { default: Sequencer } = require('@jest/test-sequencer');

module.exports = class RandomOrder extends Sequencer {
  #seed;
  #rootDir;

  constructor(options) {
    super(options);
    this.#seed = options.globalConfig.seed;
    this.#rootDir = options.globalConfig.rootDir;
  }

  sort(tests) {
    return tests
      .map((test) => ({ test, rank: this.#rank(test.path.slice(this.#rootDir.length)) }))
      .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
      .map(({ test }) => test);
  }

  #rank(file) {
    return createHash('sha256').update(`${this.#seed} ${file}`).digest('hex');
  }
};
