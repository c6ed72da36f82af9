/**
 * The rooms of the code base and what each may import. Checked by `npm run rooms`.
 * `rooms`: other rooms; `node`: node: built-ins; `packages`: npm packages.
 * `types`: rooms of which only types may be imported. `siblings: false`: no import between its folders.
 */
export const rooms = {
  'src/kit': { rooms: [], node: false, packages: [] },
  'src/core': { rooms: ['src/kit'], node: false, packages: [] },
  'src/formats': { rooms: ['src/core', 'src/kit'], node: false, packages: ['yaml', 'zod'] },
  'src/ports': { rooms: ['src/core', 'src/kit'], node: false, packages: [], typesOnly: true },
  'src/engine': { rooms: ['src/core', 'src/ports', 'src/kit'], node: false, packages: [] },
  'src/views': { rooms: ['src/core', 'src/kit'], node: false, packages: [] },
  'src/adapters': {
    rooms: ['src/ports', 'src/core', 'src/formats', 'src/kit'],
    node: true,
    packages: ['@photostructure/sqlite'],
    siblings: false,
  },
  'src/surfaces': {
    rooms: ['src/engine', 'src/views', 'src/formats', 'src/kit'],
    types: ['src/core', 'src/ports'],
    node: true,
    packages: ['commander', '@commander-js/extra-typings'],
  },
  'src/main': { rooms: ['*'], node: true, packages: [] },
  'src/main.ts': { rooms: ['*'], node: true, packages: [] },
};
