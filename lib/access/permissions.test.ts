// Tests the access table: every role against every permission, and that denial is the default.

import { describe, expect, test } from '@jest/globals';
import { GRANTS, PERMISSIONS, ROLES, decide } from './permissions.ts';
import type { Permission, Role } from './permissions.ts';

const TABLE: Readonly<Record<Role, readonly Permission[]>> = {
  backup_admin: ['create_backup', 'view_backups', 'manage_schedules'],
  backup_operator: ['create_backup', 'view_backups'],
  recovery_specialist: ['restore_data', 'view_backups'],
  compliance_officer: ['view_backups', 'access_audit_logs', 'manage_legal_hold'],
  read_only: ['view_backups'],
};

describe('permissions', () => {
  test.each(ROLES.flatMap((role) => PERMISSIONS.map((permission) => [role, permission] as const)))(
    '%s asking for %s - decided by the table alone',
    (role, permission) => {
      const decision = decide({ id: 'somebody', roles: [role] }, permission);

      expect(decision.isAllowed).toBe(TABLE[role].includes(permission));
    },
  );

  test('no role at all - denied, and the reason names principal and permission', () => {
    const decision = decide({ id: 'operator:anna', roles: [] }, 'view_backups');

    expect(decision.isAllowed).toBe(false);
    expect(decision.reason).toContain('operator:anna');
    expect(decision.reason).toContain('view_backups');
  });

  test.each(['toString', '__proto__', 'constructor', 'ADMIN'])('a role named %s - grants nothing', (name) => {
    const decision = decide({ id: 'somebody', roles: [name as Role] }, 'view_backups');

    expect(decision.isAllowed).toBe(false);
  });

  test('more roles - never allow less', () => {
    for (const first of ROLES) {
      for (const second of ROLES) {
        for (const permission of PERMISSIONS) {
          const alone = decide({ id: 'a', roles: [first] }, permission).isAllowed;
          const both = decide({ id: 'a', roles: [first, second] }, permission).isAllowed;
          expect(both || !alone).toBe(true);
        }
      }
    }
  });

  test('separation of duties - nobody deletes, who makes backups neither restores nor reads the audit log', () => {
    expect(ROLES.filter((role) => GRANTS[role].includes('delete_backup'))).toEqual([]);
    for (const role of ROLES.filter((candidate) => GRANTS[candidate].includes('create_backup'))) {
      expect(GRANTS[role]).not.toContain('restore_data');
      expect(GRANTS[role]).not.toContain('access_audit_logs');
    }
  });
});
