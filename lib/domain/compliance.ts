// Vocabulary of compliance: data types, rules as dated data, the facts they look at and their verdicts.

/** 001 "Compliance Record Model". */
export const DATA_TYPES = ['user_data', 'game_data', 'payment_data', 'system_data'] as const;
export type DataType = (typeof DATA_TYPES)[number];

/** The closed set of rule kinds; each is one pure function of facts and parameters. */
export const RULE_KINDS = [
  'residency',
  'key-location',
  'encryption',
  'retention-window',
  'copies',
  'verification-age',
  'recovery-recipient',
] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

/** One rule as data with its source; never code (research: rules change by date, not by release). */
export interface ComplianceRule {
  readonly id: string;
  readonly kind: RuleKind;
  /** ISO country of the jurisdiction, or `*`. */
  readonly jurisdiction: string;
  /** `law` names an act; `policy` is the owner's own wish and is never shown as law. */
  readonly basis: 'law' | 'policy';
  readonly source: string;
  readonly effectiveFrom: string;
  readonly effectiveTo?: string;
  /** When a person last read the source; undefined means nobody has. */
  readonly reviewedAt?: string;
  readonly appliesTo: readonly DataType[];
  readonly params: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly text: { readonly en: string; readonly ru: string };
}

/** `unknown` is never a pass. */
export interface Verdict {
  readonly rule: string;
  readonly kind: RuleKind;
  readonly basis: 'law' | 'policy';
  readonly verdict: 'pass' | 'fail' | 'unknown';
  /** What was seen, in words: "copy 'second' lies in DE, allowed: RU". */
  readonly evidence: string;
  readonly checkedAt: string;
}

/** One place where the backup's bytes were or are: a copy, or the worker's staging place. */
export interface PlaceFacts {
  readonly role: string;
  readonly location: string;
  /** ISO 3166 alpha-2, or undefined when it cannot be told. */
  readonly country: string | undefined;
}

/** Everything a rule may look at; gathered from the stores and the keys, not from the policy that is being checked. */
export interface ComplianceFacts {
  readonly dataType: DataType;
  readonly observedAt: string;
  readonly startTime: string;
  readonly retentionUntil: string;
  readonly places: readonly PlaceFacts[];
  readonly keys: readonly {
    readonly location: string;
    readonly keyId: string;
    readonly country: string | undefined;
    readonly hasRecoveryRecipient: boolean;
  }[];
  readonly copies: readonly {
    readonly location: string;
    readonly isPresent: boolean;
    /** Read from a stored pack's own header; undefined when no header could be read. */
    readonly encryption: string | undefined;
    readonly verifiedAt: string | undefined;
    readonly failureDomain: string | undefined;
  }[];
  /** Copies that the policy demands. */
  readonly demandedLocations: readonly string[];
}
