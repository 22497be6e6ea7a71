import { countRoundTrips } from './count';

console.log('\nRound trips to the database, per command (without the look-up of the key, which is one more)');
for (const { name, trips } of await countRoundTrips()) console.log(`  ${name.padEnd(62)} ${trips}`);
process.exit(0);
