/** All faults, as `npm run test:faults` asks for; `npm test` runs those that are quick. */
export const allFaults = process.env.OBSERVATORY_FAULTS === 'all';
