package spool

// OpenDirectory is the directory that a spool without an FS has.
var OpenDirectory = openDirectory
