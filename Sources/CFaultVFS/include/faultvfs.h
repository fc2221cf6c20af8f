#ifndef FAULTVFS_H
#define FAULTVFS_H

#endif
