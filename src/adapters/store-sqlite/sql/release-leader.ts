export const RELEASE_LEADER = `UPDATE leader SET held = 0 WHERE id = 1 AND epoch = ?`;
