// Reads and updates CHANGELOG.md, which follows Keep a Changelog.
const HEADING = /^## \[([^\]]+)\].*$/gm;

/** Returns the section of a version (`Unreleased`, `1.2.3`) without its heading. Throws if there is none. */
export function sectionOf(changelog, version) {
  const headings = [...changelog.matchAll(HEADING)];
  const index = headings.findIndex(([, name]) => name === version);
  if (index === -1) throw new Error(`CHANGELOG.md has no section [${version}]`);
  const [heading] = headings[index];
  return changelog.slice(headings[index].index + heading.length, headings[index + 1]?.index).trim();
}

/** Returns the changelog with the unreleased changes as the section of a version. Throws if there are none. */
export function releaseUnreleased(changelog, version, date) {
  if (sectionOf(changelog, 'Unreleased') === '')
    throw new Error('CHANGELOG.md has no changes under [Unreleased]; add them before the release');
  return changelog.replace('## [Unreleased]\n', `## [Unreleased]\n\n## [${version}] - ${date}\n`);
}
