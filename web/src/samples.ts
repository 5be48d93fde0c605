/** What flows from a phone's sensors, or from a file, to the recogniser. */

/** Columns of a sample; acceleration in m/s^2 with gravity, angular velocity in rad/s, Android's axes. */
export const CHANNELS = ["acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z"] as const;

/** One time step `[6]`, columns as in `CHANNELS`. */
export type Row = Float64Array;

/** A longer pause (s) is a gap: nothing is invented across it. */
export const MAX_GAP_S = 0.5;
