// Wrong on purpose: the driver is used outside the folders that keep its rules.
import { Client } from 'pg';

export const client = Client;
