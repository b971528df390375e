// Maps object keys to directories of a location and back. One key is one path, and the walk over paths is in key byte order.

import { HoldfastError } from '../../domain/errors.ts';

/** An object is a directory with this ending; key components never end so, because `@` is escaped in them. */
const OBJECT_ENDING = '@object';
const KEY_LENGTH_MAX = 1024;
/** File systems allow 255 bytes; the ending and some room are taken off. */
const COMPONENT_LENGTH_MAX = 240;
/** Visible ASCII: the byte order of keys is then the order of JavaScript strings, and no file system changes them. */
const KEY = /^[\x21-\x7e]+$/;
/** Kept as they are in a file name; everything else becomes %XX, so that no name is special to a shell or a file system. */
const PLAIN = /[^A-Za-z0-9._~+=,-]/g;

/** @throws InvalidRequest for a key that could leave its location or that a file system cannot hold */
export function componentsOfKey(key: string): readonly string[] {
  const components = key.split('/');
  if (!KEY.test(key) || key.length > KEY_LENGTH_MAX || !components.every(isComponent)) {
    throw new HoldfastError(
      'InvalidRequest',
      'unable to use an object key: it must be visible ASCII without empty, "." or ".." parts',
      {
        key: JSON.stringify(key.slice(0, KEY_LENGTH_MAX)),
      },
    );
  }
  return components;
}

/** A prefix is the beginning of a key: its last component may be incomplete. @throws InvalidRequest */
export function directoryOfPrefix(prefix: string): {
  readonly directory: string;
  readonly components: readonly string[];
} {
  const directory = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (prefix !== '' && (!KEY.test(prefix) || prefix.length > KEY_LENGTH_MAX)) componentsOfKey(prefix);
  return { directory, components: directory === '' ? [] : componentsOfKey(directory.slice(0, -1)) };
}

const isComponent = (component: string): boolean =>
  component !== '' && component !== '.' && component !== '..' && encode(component).length <= COMPONENT_LENGTH_MAX;

const encode = (component: string): string =>
  component.replace(PLAIN, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

export const directoryName = (component: string): string => encode(component);
export const objectName = (component: string): string => `${encode(component)}${OBJECT_ENDING}`;

/** One name found in a directory: an object, or a directory of more keys, whose text ends in `/`. */
export interface Found {
  readonly name: string;
  readonly isObject: boolean;
  /** What it adds to the key; siblings sorted by this text are in the byte order of all keys below them. */
  readonly text: string;
}

/** Names that no key could have made (a desktop's droppings, `lost+found` of a file system) are passed over. */
export function foundInDirectory(names: readonly string[]): readonly Found[] {
  return names
    .map((name) => {
      const isObject = name.endsWith(OBJECT_ENDING);
      const component = decode(isObject ? name.slice(0, -OBJECT_ENDING.length) : name);
      return component === undefined ? undefined : { name, isObject, text: isObject ? component : `${component}/` };
    })
    .filter((found) => found !== undefined)
    .sort((left, right) => (left.text < right.text ? -1 : left.text > right.text ? 1 : 0));
}

function decode(name: string): string | undefined {
  const component = name.replace(/%([2-7][0-9A-F])/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return encode(component) === name ? component : undefined;
}
