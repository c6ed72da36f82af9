#!/bin/sh
# Plays a coding agent on DaveGamble/cJSON: makes the edit that the prompt, its first argument, names.
set -eu

# replace FILE AWK-PROGRAM: rewrites a file through awk.
replace() {
  awk "$2" "$1" > "$1.new"
  mv "$1.new" "$1"
}

case "$1" in
*'Add cJSON_IsScalar'*)
  replace cJSON.h '{ print } /cJSON_IsRaw\(/ {
    print "/* True for numbers, strings, booleans and null */"
    print "CJSON_PUBLIC(cJSON_bool) cJSON_IsScalar(const cJSON * const item);"
  }'
  cat >> cJSON.c <<'C'

CJSON_PUBLIC(cJSON_bool) cJSON_IsScalar(const cJSON * const item)
{
    return cJSON_IsNumber(item) || cJSON_IsString(item) || cJSON_IsBool(item) || cJSON_IsNull(item);
}
C
  git commit -qam 'Add cJSON_IsScalar'
  ;;
*readme*)
  printf '\n## Scalars\n\n`cJSON_IsScalar` is true for numbers, strings, booleans and null.\n' >> README.md
  git commit -qam 'Mention cJSON_IsScalar in the readme'
  ;;
*)
  echo 'this script knows no such task' >&2
  exit 1
  ;;
esac
