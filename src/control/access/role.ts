import { type Role, roles } from '../../platform/claimed-roles.js';

export { type Role, roles };

export const mayAct = (has: Role, needs: Role): boolean => roles.indexOf(has) >= roles.indexOf(needs);

/** Whoever is signed in. */
export interface Visitor {
  /** As the audit names them. */
  readonly name: string;
  readonly role: Role;
  /** Which studies they see; admins see all. */
  readonly studies: readonly string[] | 'all';
}

/** An account, with the studies that it has rights to. */
interface Account extends Visitor {
  readonly studies: readonly string[];
}

export const visitorOf = ({ name, role, studies }: Account): Visitor => ({
  ...{ name, role },
  studies: role === 'admin' ? 'all' : studies,
});

/** The one who comes by the link of `observatory control`. */
export const operator: Visitor = { name: 'operator', role: 'admin', studies: 'all' };

export const seesStudy = ({ studies }: Visitor, study: string): boolean => studies === 'all' || studies.includes(study);

/** For statements: null where no study is left out. */
export const studiesSeen = ({ studies }: Visitor): readonly string[] | null => (studies === 'all' ? null : studies);
