"""Django's MySQL backend on MariaDB by PyMySQL; no rule of the models is dropped."""

from __future__ import annotations

import pymysql

# PyMySQL stands in for mysqlclient, which has no wheels and another licence; see `schema`.
pymysql.install_as_MySQLdb()

from django.db.backends.mysql.base import DatabaseWrapper as MySQL  # noqa: E402 - needs the above

from config.mariadb.features import Features  # noqa: E402 - and so do these
from config.mariadb.schema import SchemaEditor  # noqa: E402


class DatabaseWrapper(MySQL):
    """A connection to MariaDB."""

    features_class = Features
    SchemaEditorClass = SchemaEditor
