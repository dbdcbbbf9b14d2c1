/** Accounts of whoever signs in with OpenID Connect: known by issuer and subject, since names there may change hands. */
export const sql = `
alter table accounts.users add column subject text unique;
`;
