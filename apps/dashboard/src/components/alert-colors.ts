import classes from './alert-colors.module.css';

const parts = { title: classes.title, icon: classes.icon };

/** The class names of an alert of something that may need attention. */
export const WARN_ALERT = { root: classes.warn, ...parts };

/** The class names of an alert of something that fails. */
export const BAD_ALERT = { root: classes.bad, ...parts };
