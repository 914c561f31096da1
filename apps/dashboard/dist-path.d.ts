/** The folder of the built dashboard: index.html and assets/, whose file names contain a content hash. */
export declare const DASHBOARD_FOLDER: string;
