export const MOVE_HEAD = `UPDATE head SET seq = ?, hash = ? WHERE id = 1`;
