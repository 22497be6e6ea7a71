import { countRoundTrips } from './count';

console.log('\nRound trips to the database, a verb at a time (the look-up of the key, one more, is not in them)');
for (const { name, trips } of await countRoundTrips()) console.log(`  ${name.padEnd(62)} ${trips}`);
process.exit(0);
