/** What the file says about itself, and whether anything is in it. */
export const READ_APPLICATION = `PRAGMA application_id`;
export const READ_SCHEMA_VERSION = `PRAGMA user_version`;
export const COUNT_OBJECTS = `SELECT count(*) AS objects FROM sqlite_schema`;
export const QUICK_CHECK = `PRAGMA quick_check(1)`;
