// The notifier port: one channel that reaches a person (webhook, e-mail, SNS).

export interface Notice {
  /** Same key, same trouble: a channel that can (PagerDuty, Slack threads) folds them. */
  readonly key: string;
  readonly severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  readonly isResolved: boolean;
  /** One line, without a full stop: `backup failed: payment/payment-db`. */
  readonly subject: string;
  /** Sentences: what, since when, what is still restorable, what to do. */
  readonly lines: readonly string[];
  readonly at: string;
}

export interface Notifier {
  readonly channel: string;
  /** Delivers or throws; may be called twice with one notice. @throws NotificationFailed */
  send(notice: Notice): Promise<void>;
}
