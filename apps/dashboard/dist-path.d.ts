/** The folder of the built dashboard: index.html, and assets/ with names that hold their hash. */
export declare const DASHBOARD_FOLDER: string;
