// The words of `why`, English and Russian; a reason without its text does not compile.

import type { StateReason } from './store-state.ts';

interface ReasonText {
  /** A clause without a full stop. */
  readonly what: string;
  /** A sentence that says what to do. */
  readonly fix: string;
}

export const REASON_TEXTS: Readonly<Record<'en' | 'ru', Readonly<Record<StateReason, ReasonText>>>> = {
  en: {
    'objective-missed': {
      what: 'its newest restorable point is older than its goal',
      fix: 'Make a backup now, then find out why none came.',
    },
    'never-backed-up': { what: 'it was never backed up', fix: 'Make the first backup.' },
    'nothing-restorable': {
      what: 'none of its backups can be restored',
      fix: 'Remove the cause, then make a backup at once.',
    },
    'objective-near': {
      what: 'its goal is nearly reached and it has no schedule',
      fix: 'Give it a schedule in holdfast.yaml.',
    },
    'backup-delayed': {
      what: 'its scheduled run is late',
      fix: 'See what runs instead: the queue may be full or the platform was off.',
    },
    'last-backup-failed': { what: 'its last backup failed', fix: 'Remove the cause, then try again.' },
    'copy-missing': {
      what: 'a copy that the policy demands is missing',
      fix: 'Check that location; the next backup completes the copies.',
    },
    'test-restore-failed': {
      what: 'its last test restore failed',
      fix: 'Do not trust this backup; read the result of the test restore.',
    },
    'backup-corrupted': {
      what: 'its last backup is corrupted',
      fix: 'Make a new backup; restore from an older one or another copy.',
    },
    'catalog-unreadable': { what: 'the catalog could not be read', fix: 'Check the disk that holds the catalog.' },
    'skipped-by-policy': { what: 'the policy skips it', fix: 'Nothing to do.' },
  },
  ru: {
    'objective-missed': {
      what: 'последняя точка восстановления старше цели',
      fix: 'Сделайте копию сейчас, затем выясните, почему её не было.',
    },
    'never-backed-up': { what: 'копий ещё не было', fix: 'Сделайте первую копию.' },
    'nothing-restorable': {
      what: 'ни одну из копий нельзя восстановить',
      fix: 'Устраните причину и сразу сделайте копию.',
    },
    'objective-near': { what: 'цель почти достигнута, а расписания нет', fix: 'Задайте расписание в holdfast.yaml.' },
    'backup-delayed': {
      what: 'запуск по расписанию опаздывает',
      fix: 'Проверьте, что выполняется вместо него: очередь могла заполниться, платформа могла быть выключена.',
    },
    'last-backup-failed': { what: 'последнее копирование не удалось', fix: 'Устраните причину и повторите.' },
    'copy-missing': {
      what: 'нет копии, которую требует политика',
      fix: 'Проверьте это место хранения; следующее копирование дополнит копии.',
    },
    'test-restore-failed': {
      what: 'последнее пробное восстановление не удалось',
      fix: 'Не полагайтесь на эту копию; прочитайте результат пробного восстановления.',
    },
    'backup-corrupted': {
      what: 'последняя копия повреждена',
      fix: 'Сделайте новую копию; восстанавливайте из более старой или из другого места.',
    },
    'catalog-unreadable': { what: 'каталог не читается', fix: 'Проверьте диск, на котором лежит каталог.' },
    'skipped-by-policy': { what: 'политика пропускает это хранилище', fix: 'Делать ничего не нужно.' },
  },
};

export const EXPLANATION_TEXTS = {
  en: {
    well: '{name}: nothing is wrong.',
    headline: '{name}: {what}.',
    headlineFailures: '{name}: {what}; {failures} runs in a row failed.',
    restorable: 'Restorable to {point} ({age} ago, goal {goal}) from backup {backup}, kept until {kept}.',
    nothing: 'Nothing can be restored: a loss of the source now would lose everything.',
    failure: '{at}  backup {backup} became {status}: {facts}',
    check: 'check {rule}: {verdict}, {evidence}',
    validation: '{at}  {kind} failed: {detail}',
    copy: 'copy {location} ({country}): every byte read back, oldest on {at}',
    copyUnverified: 'copy {location} ({country}): never verified',
  },
  ru: {
    well: '{name}: всё в порядке.',
    headline: '{name}: {what}.',
    headlineFailures: '{name}: {what}; подряд не удалось запусков: {failures}.',
    restorable: 'Можно восстановить на {point} ({age} назад, цель {goal}) из копии {backup}, хранится до {kept}.',
    nothing: 'Восстановить нечего: потеря источника сейчас означает потерю всех данных.',
    failure: '{at}  копия {backup} получила статус {status}: {facts}',
    check: 'проверка {rule}: {verdict}, {evidence}',
    validation: '{at}  {kind} не пройдена: {detail}',
    copy: 'копия {location} ({country}): прочитан каждый байт, самая давняя проверка {at}',
    copyUnverified: 'копия {location} ({country}): ни разу не проверена',
  },
} as const;

/** Values are put in once: a brace inside a value is text. */
export const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => values[name] ?? '');
