import { bigint, customType, timestamp, uuid } from 'drizzle-orm/pg-core';

/** An amount in micros: millionths of the team's currency, never a float. */
export const microsColumn = () => bigint({ mode: 'bigint' });

/** An instant with its time zone, read as a Date. */
export const instant = () => timestamp({ withTimezone: true, mode: 'date' });

/** The first column of every tenant table's primary key. It separates teams and allows sharding by team. */
export const teamId = () => uuid().notNull();

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
