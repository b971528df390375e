// The words of the command line, English and Russian; what is missing in one does not compile.

import type { CoverageState } from '../lib/app/http/coverage.ts';
import type { Language } from './terminal.ts';

interface Words {
  readonly states: Readonly<Record<CoverageState, string>>;
  readonly columns: Readonly<
    Record<
      | 'store'
      | 'state'
      | 'rpo'
      | 'restorable'
      | 'copies'
      | 'tested'
      | 'engine'
      | 'backup'
      | 'type'
      | 'status'
      | 'when'
      | 'size'
      | 'stored'
      | 'note',
      string
    >
  >;
  /** What is being done, by the status of the thing itself. */
  readonly phases: Readonly<Record<string, string>>;
  readonly stores: (count: number) => string;
  readonly met: (met: number, all: number) => string;
  readonly asOf: string;
  readonly never: string;
  readonly next: string;
  readonly why: Readonly<Record<'restorable' | 'cause' | 'since' | 'proof' | 'fix', string>>;
  readonly plan: Readonly<
    Record<
      'title' | 'valid' | 'source' | 'copy' | 'target' | 'only' | 'size' | 'time' | 'guards' | 'confirm' | 'start',
      string
    >
  >;
  readonly done: Readonly<Record<'completed' | 'proof' | 'took', string>>;
}

const EN: Words = {
  states: {
    met: 'met',
    'at-risk': 'AT RISK',
    missed: 'MISSED',
    unprotected: 'UNPROTECTED',
    skipped: 'skipped',
    unknown: 'UNKNOWN',
  },
  columns: {
    store: 'STORE',
    state: 'STATE',
    rpo: 'RPO now/goal',
    restorable: 'RESTORABLE TO',
    copies: 'COPIES',
    tested: 'TESTED',
    engine: 'ENGINE',
    backup: 'BACKUP',
    type: 'TYPE',
    status: 'STATUS',
    when: 'STARTED',
    size: 'SOURCE',
    stored: 'STORED',
    note: 'NOTE',
  },
  phases: {
    queued: 'waiting in the queue',
    running: 'reading the source',
    uploaded: 'reading the source',
    validating: 'reading back every byte',
    replicating: 'copying to the next location',
    checking: 'checking the rules',
    restoring: 'restoring',
    comparing: 'comparing',
  },
  stores: (count) => (count === 1 ? '1 store' : `${count} stores`),
  met: (met, all) => `${met} of ${all === 1 ? '1 store' : `${all} stores`} met`,
  asOf: 'as of',
  never: 'never',
  next: 'Next:',
  why: { restorable: 'Safe?', cause: 'Cause', since: 'Since', proof: 'Proof', fix: 'Fix' },
  plan: {
    title: 'Plan',
    valid: 'valid until',
    source: 'source',
    copy: 'copy',
    target: 'target',
    only: 'only',
    size: 'size',
    time: 'estimated',
    guards: 'guards',
    confirm: 'This writes over live data. Type the store name to start',
    start: 'Start? [Y/n]',
  },
  done: { completed: 'completed', proof: 'proof', took: 'took' },
};

const RU: Words = {
  states: {
    met: 'в норме',
    'at-risk': 'ПОД УГРОЗОЙ',
    missed: 'НАРУШЕНО',
    unprotected: 'НЕ ЗАЩИЩЕНО',
    skipped: 'пропущено',
    unknown: 'НЕИЗВЕСТНО',
  },
  columns: {
    store: 'ХРАНИЛИЩЕ',
    state: 'СОСТОЯНИЕ',
    rpo: 'RPO сейчас/цель',
    restorable: 'ВОССТАНОВИМО НА',
    copies: 'КОПИИ',
    tested: 'ПРОВЕРЕНО',
    engine: 'СУБД',
    backup: 'КОПИЯ',
    type: 'ТИП',
    status: 'СТАТУС',
    when: 'НАЧАТА',
    size: 'ИСТОЧНИК',
    stored: 'СОХРАНЕНО',
    note: 'ПРИМЕЧАНИЕ',
  },
  phases: {
    queued: 'ждёт в очереди',
    running: 'читается источник',
    uploaded: 'читается источник',
    validating: 'перечитывается каждый байт',
    replicating: 'копируется в следующее место',
    checking: 'проверяются правила',
    restoring: 'восстанавливается',
    comparing: 'сравнивается',
  },
  stores: (count) => `хранилищ: ${count}`,
  met: (met, all) => `в норме ${met} из ${all}`,
  asOf: 'на',
  never: 'никогда',
  next: 'Дальше:',
  why: { restorable: 'Спасёт?', cause: 'Причина', since: 'С', proof: 'Видно', fix: 'Сделать' },
  plan: {
    title: 'План',
    valid: 'действует до',
    source: 'откуда',
    copy: 'экземпляр',
    target: 'куда',
    only: 'только',
    size: 'объём',
    time: 'оценка',
    guards: 'проверки',
    confirm: 'Живые данные будут перезаписаны. Введите имя хранилища',
    start: 'Начать? [Y/n]',
  },
  done: { completed: 'завершено', proof: 'доказательство', took: 'заняло' },
};

export const wordsOf = (language: Language): Words => (language === 'ru' ? RU : EN);
