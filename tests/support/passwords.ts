/**
 * Passwords of made-up users with their argon2id hashes at the least possible cost. A hash at the product's cost takes
 * 130 ms of CPU, here for hundreds of teams; what the product hashes itself costs in tests what it costs in production.
 */
export const OWNER = {
  password: 'correct horse battery',
  hash: '$argon2id$v=19$m=8,t=1,p=1$fI8UqiHGaBSVHwgF0l7kpQ$vxLhGE4AnN6V8AtU1YY5ylgHCqWLk/RmNfqFemuOtH8',
};

export const PERSON = {
  password: 'a password of nobody else',
  hash: '$argon2id$v=19$m=8,t=1,p=1$qsUPI5lqSZOdoXFq8b/prw$549xSg/UYdhuTJUrZMDxA/CiP4srw4gZ7b9TKqCVXHY',
};
