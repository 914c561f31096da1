// CHANGELOG.md, after Keep a Changelog: what a version has, and how the unreleased becomes a version.
const HEADING = /^## \[([^\]]+)\].*$/gm;

/** The text below the heading of a version (`Unreleased`, `1.2.3`). */
export function sectionOf(changelog, version) {
  const headings = [...changelog.matchAll(HEADING)];
  const index = headings.findIndex(([, name]) => name === version);
  if (index === -1) throw new Error(`CHANGELOG.md has no section [${version}]`);
  const [heading] = headings[index];
  return changelog.slice(headings[index].index + heading.length, headings[index + 1]?.index).trim();
}

export function releaseUnreleased(changelog, version, date) {
  if (sectionOf(changelog, 'Unreleased') === '')
    throw new Error('CHANGELOG.md has nothing below [Unreleased]: a release needs its changes');
  return changelog.replace('## [Unreleased]\n', `## [Unreleased]\n\n## [${version}] - ${date}\n`);
}
