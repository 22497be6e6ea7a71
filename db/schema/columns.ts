import { bigint, customType, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Money in micros: one millionth of the team's currency, never a float. */
export const microsColumn = () => bigint({ mode: 'bigint' });

/** An instant with its zone; read back as a Date. */
export const instant = () => timestamp({ withTimezone: true, mode: 'date' });

/** The first column of every tenant table's primary key: what keeps teams apart and lets the database be spread by team. */
export const teamId = () => uuid().notNull();

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
