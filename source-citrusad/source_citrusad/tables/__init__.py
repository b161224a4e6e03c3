"""What is read: types, columns, partition and keys of tables, and the SQL that names them. Opens nothing."""
