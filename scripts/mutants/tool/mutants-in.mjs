/**
 * Returns the mutants of a folder.
 *
 * @param {string} folder
 * @param {[name: string, file: string, from: string, to: string][]} rows `from` occurs once in the file
 */
export const mutantsIn = (folder, rows) =>
  rows.map(([name, file, from, to]) => ({ name, file: `${folder}/${file}`, from, to }));
