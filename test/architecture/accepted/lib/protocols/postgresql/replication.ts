// Right: wire code may use the driver of its protocol.
import { Client } from 'pg';

export const connect = (): Client => new Client();
