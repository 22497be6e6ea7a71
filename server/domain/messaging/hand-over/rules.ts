/** The reference that a carrier gets: the message and its team, because a report names no team. */
export const carrierReference = (teamId: string, id: string): string => `${teamId}.${id}`;

const UUID = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';
const NAME = new RegExp(`^${UUID}\\.${UUID}$`);

/** Reads a reference that a carrier returned; null if it is not one of ours. */
export function readCarrierReference(name: string): { teamId: string; id: string } | null {
  const [, teamId, id] = NAME.exec(name) ?? [];
  return teamId !== undefined && id !== undefined ? { teamId, id } : null;
}

/** The reference of one part of a message that a carrier reports by its number. */
export const partReference = (reference: string, part: number): string => `${reference}#${part}`;
