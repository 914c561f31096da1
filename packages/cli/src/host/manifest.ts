import manifest from '../../package.json' with { type: 'json' };

/** The package.json of this CLI. */
export { manifest };
