// A small realistic shop: customers, products, orders and their items, with keys, a view and money.
import type { PostgresqlServer } from '../../test/servers/postgresql.ts';

export interface ShopSums {
  readonly rows: number;
  /** Per table: row count and a hash over every row's text, in key order, computed by the server. */
  readonly tables: Readonly<Record<string, string>>;
}

const TABLES = ['customers', 'products', 'orders', 'order_items'] as const;

const SCHEMA = `
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE, city text, created_at timestamptz NOT NULL);
CREATE TABLE products (id int PRIMARY KEY, title text NOT NULL, description text, price numeric(10,2) NOT NULL CHECK (price > 0), tags text[]);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, placed_at timestamptz NOT NULL, status text NOT NULL, details jsonb);
CREATE TABLE order_items (order_id int NOT NULL REFERENCES orders, product_id int NOT NULL REFERENCES products, quantity int NOT NULL, price numeric(10,2) NOT NULL, PRIMARY KEY (order_id, product_id));
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at);
CREATE VIEW revenue AS SELECT product_id, sum(quantity * price) AS total FROM order_items GROUP BY product_id;
INSERT INTO customers SELECT n, 'Customer ' || n, 'c' || n || '@shop.example', (ARRAY['Москва','Казань','Томск','Пермь'])[1 + n % 4], timestamptz '2026-01-01' + n * interval '7 minutes' FROM generate_series(1, 20000) n;
INSERT INTO products SELECT n, 'Product ' || n, repeat(md5(n::text), 4), 1 + (n * 37 % 9000) / 100.0, ARRAY['tag' || n % 17, 'tag' || n % 5] FROM generate_series(1, 2000) n;
INSERT INTO orders SELECT n, 1 + n * 7919 % 20000, timestamptz '2026-06-01' + n * interval '90 seconds', (ARRAY['paid','sent','done'])[1 + n % 3], jsonb_build_object('channel', 'web', 'ref', md5(n::text)) FROM generate_series(1, 60000) n;
INSERT INTO order_items SELECT o, 1 + (o * 31 + i * 7) % 2000, 1 + (o + i) % 4, 1 + (o * 13 + i) % 5000 / 100.0 FROM generate_series(1, 60000) o, generate_series(1, 3) i ON CONFLICT DO NOTHING;
`;

export async function createShop(server: PostgresqlServer, backupPassword: string): Promise<void> {
  await server.sql('postgres', 'CREATE DATABASE shop');
  await server.sql('shop', SCHEMA);
  await server.sql('postgres', `CREATE ROLE backup LOGIN REPLICATION PASSWORD '${backupPassword}'`);
}

export async function changeShop(server: PostgresqlServer): Promise<void> {
  await server.sql(
    'shop',
    `INSERT INTO orders SELECT n, 1 + n % 20000, now(), 'paid', '{}' FROM generate_series(60001, 61000) n;
     INSERT INTO order_items SELECT n, 1 + n % 2000, 1, 9.99 FROM generate_series(60001, 61000) n;
     UPDATE products SET price = price + 1 WHERE id % 10 = 0;
     DELETE FROM order_items WHERE order_id % 500 = 0;`,
  );
}

/** The oracle: PostgreSQL's own sums, on the damaged server's data before the accident and on the restored server. */
export async function shopSums(server: PostgresqlServer): Promise<ShopSums> {
  const tables: Record<string, string> = {};
  let rows = 0;
  for (const table of TABLES) {
    const [sum] = await server.sql(
      'shop',
      `SELECT count(*)::int AS rows, md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C")) AS hash FROM ${table} t`,
    );
    rows += Number(sum?.['rows']);
    tables[table] = `${String(sum?.['rows'])}:${String(sum?.['hash'])}`;
  }
  return { rows, tables };
}
