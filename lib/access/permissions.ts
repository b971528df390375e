// Who may do what: roles and permissions of SPEC H1 as one table, and the pure decision over it. Deny is the default.

/** The five roles of 001. The owner of a one-machine installation holds several. */
export const ROLES = [
  'backup_admin',
  'backup_operator',
  'recovery_specialist',
  'compliance_officer',
  'read_only',
] as const;
export type Role = (typeof ROLES)[number];

/** The six permissions of 001 and `manage_legal_hold`, which 001 has an endpoint but no permission for. */
export const PERMISSIONS = [
  'create_backup',
  'delete_backup',
  'restore_data',
  'view_backups',
  'manage_schedules',
  'access_audit_logs',
  'manage_legal_hold',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/**
 * Duties are separated: who makes backups cannot restore data or read the audit log, and who reads the audit log changes nothing
 * but holds. Nobody has `delete_backup`: deletion will need a request and an approval by two people.
 */
export const GRANTS: Readonly<Record<Role, readonly Permission[]>> = {
  backup_admin: ['create_backup', 'view_backups', 'manage_schedules'],
  backup_operator: ['create_backup', 'view_backups'],
  recovery_specialist: ['restore_data', 'view_backups'],
  compliance_officer: ['view_backups', 'access_audit_logs', 'manage_legal_hold'],
  read_only: ['view_backups'],
};

/** Who calls: named by the credential, never by the request. */
export interface Principal {
  /** `operator:anna`; stands in the audit log. */
  readonly id: string;
  readonly roles: readonly Role[];
}

export interface Decision {
  readonly isAllowed: boolean;
  /** For the audit log and the answer: which role allowed it, or what was missing. */
  readonly reason: string;
}

/** Pure and total: what is not granted by a known role is denied. */
export function decide(principal: Principal, permission: Permission): Decision {
  const granting = principal.roles.find((role) => Object.hasOwn(GRANTS, role) && GRANTS[role].includes(permission));
  return granting === undefined
    ? { isAllowed: false, reason: `'${principal.id}' has no role with permission '${permission}'` }
    : { isAllowed: true, reason: `role '${granting}' grants '${permission}'` };
}

export const isRole = (name: string): name is Role => (ROLES as readonly string[]).includes(name);
