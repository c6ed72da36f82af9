declare const brand: unique symbol;

/** A primitive that only a parser may make: `Brand<string, 'TaskId'>` is not assignable from a plain string. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
