// Right: an engine knows protocols, ports, its own folder and its driver.
import type { Client } from 'pg';

import { connect } from '../../protocols/postgresql/replication.ts';
import { settings } from './config.ts';

export const engine = (): [Client, unknown] => [connect(), settings];
