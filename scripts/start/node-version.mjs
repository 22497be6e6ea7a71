/**
 * Exits on a Node version that the packages do not support. Imported before all else and written in old syntax, so
 * that an old Node can still read it.
 */
var parts = process.versions.node.split('.').map(Number);
var fits = (parts[0] === 20 && parts[1] >= 19) || (parts[0] === 22 && parts[1] >= 12) || parts[0] > 22;
if (!fits) {
  console.error(
    'Purser needs Node 20.19 or newer (of 22: 22.12 or newer); this is ' +
      process.version +
      '. Get one at https://nodejs.org.',
  );
  process.exit(1);
}
