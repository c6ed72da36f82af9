export const READ_HEAD = `SELECT seq, hash FROM head WHERE id = 1`;
