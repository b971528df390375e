// Wrong on purpose: an SDK above the adapters (this one is not even installed, which must not hide it).
import { Session } from '@yandex-cloud/nodejs-sdk';

export const session = Session;
