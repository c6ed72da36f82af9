export const DELETE_VALUE = `DELETE FROM value WHERE key = ?`;
