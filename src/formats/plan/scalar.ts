const NULL = /^(?:~|null|Null|NULL)?$/;
const TRUE = /^(?:true|True|TRUE)$/;
const FALSE = /^(?:false|False|FALSE)$/;
const INTEGER = /^[-+]?[0-9]+$/;
const OCTAL = /^0o[0-7]+$/;
const HEX = /^0x[0-9a-fA-F]+$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const INFINITE = /^[-+]?\.(?:inf|Inf|INF)$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;
/** First characters of everything a plain scalar can be besides text. */
const MAY_BE_TYPED = /^[-+.0-9~nNtTfF]/;

/** The value of a plain (unquoted) scalar by the YAML 1.2 core schema. */
export function resolvePlainScalar(source: string): string | number | boolean | null {
  if (source === '') return null;
  if (!MAY_BE_TYPED.test(source)) return source;
  if (NULL.test(source)) return null;
  if (TRUE.test(source)) return true;
  if (FALSE.test(source)) return false;
  if (INTEGER.test(source) || FLOAT.test(source)) return Number(source);
  if (OCTAL.test(source) || HEX.test(source)) return Number(source);
  if (INFINITE.test(source)) return source.startsWith('-') ? -Infinity : Infinity;
  if (NOT_A_NUMBER.test(source)) return Number.NaN;
  return source;
}
